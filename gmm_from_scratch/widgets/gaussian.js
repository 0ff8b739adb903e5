// A Gaussian in the plane, as gmm_from_scratch/gaussian.py has it in any dimension: what
// must follow a pointer at once is computed where the pointer is. A covariance is
// [xx, xy, yy].

const LOG_TWO_PI = Math.log(2 * Math.PI);

/** Variances along the principal axes, the larger first, and its direction in radians. */
export function principalAxes([xx, xy, yy]) {
  const middle = (xx + yy) / 2;
  const half = Math.hypot((xx - yy) / 2, xy);
  return { variances: [middle + half, middle - half], angle: Math.atan2(2 * xy, xx - yy) / 2 };
}

/** The covariance with these standard deviations along its axes, the first at an angle. */
export function covarianceFrom([long, short], angle) {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const [a, b] = [long ** 2, short ** 2];
  return [a * c * c + b * s * s, (a - b) * c * s, a * s * s + b * c * c];
}

export function determinant([xx, xy, yy]) {
  return xx * yy - xy * xy;
}

export function correlation([xx, xy, yy]) {
  return xy / Math.sqrt(xx * yy);
}

/** How many standard deviations a point lies from the mean, in its direction. */
export function mahalanobisDistance([x, y], mean, covariance) {
  const [xx, xy, yy] = covariance;
  const [u, v] = [x - mean[0], y - mean[1]];
  return Math.sqrt((yy * u * u - 2 * xy * u * v + xx * v * v) / determinant(covariance));
}

export function logDensity(point, mean, covariance) {
  const distance = mahalanobisDistance(point, mean, covariance);
  return -LOG_TWO_PI - Math.log(determinant(covariance)) / 2 - distance ** 2 / 2;
}

/** The probability within n standard deviations, in two dimensions. */
export function probabilityInside(n) {
  return 1 - Math.exp((-n * n) / 2);
}

export function logSumExp(values) {
  const largest = Math.max(...values);
  if (largest === -Infinity) return largest;
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}

/** Turn log π_k + log N(x | μ_k, Σ_k) into p(k | x). */
export function responsibilities(logJoint) {
  const total = logSumExp(logJoint);
  return logJoint.map((value) => Math.exp(value - total));
}
