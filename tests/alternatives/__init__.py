"""Right answers to the exercises, written in another way than the solutions."""
