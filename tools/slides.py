"""How nbconvert turns a notebook into slides.

    jupyter nbconvert --config tools/slides.py notebooks/04_e_step.ipynb

The page takes reveal.js and MathJax from the network when it is opened.
"""

from pathlib import Path

c = get_config()  # noqa: F821 - nbconvert provides it
c.NbConvertApp.export_format = "slides"
c.TemplateExporter.extra_template_basedirs = [str(Path(__file__).parent / "templates")]
c.SlidesExporter.template_name = "course-slides"
# Wide enough for a line of code; what is higher than a slide can be scrolled.
c.SlidesExporter.reveal_width = "1280"
c.SlidesExporter.reveal_height = "800"
c.SlidesExporter.reveal_scroll = True
