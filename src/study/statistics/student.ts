// Quantiles of Student's t distribution, for intervals from few measurements. G. W. Hill, "Algorithm 396: Student's
// t-quantiles", Communications of the ACM 13 (1970), 619-620. The packages that have it have much else too.

/** The t of a 95 % confidence interval: |T| exceeds it with probability 5 %. `freedom` is 1 or more. */
export function student95(freedom: number): number {
  return studentQuantile(0.05, freedom);
}

/** The t with P(|T| > t) = `both`, correct to three digits. `both` lies between 0 and 1, exclusive. */
export function studentQuantile(both: number, freedom: number): number {
  if (freedom === 1) return 1 / Math.tan((both * Math.PI) / 2);
  if (freedom === 2) return Math.sqrt(2 / (both * (2 - both)) - 2);
  const a = 1 / (freedom - 0.5);
  const b = 48 / (a * a);
  let c = ((20_700 * a) / b - 98) * a - 16;
  c = c * a + 96.36;
  const d = ((94.5 / (b + c) - 3) / b + 1) * Math.sqrt((a * Math.PI) / 2) * freedom;
  let y = (d * both) ** (2 / freedom);
  if (y <= 0.05 + a) {
    y =
      ((1 / (((freedom + 6) / (freedom * y) - 0.089 * d - 0.822) * (freedom + 2) * 3) + 0.5 / (freedom + 4)) * y - 1) *
        ((freedom + 1) / (freedom + 2)) +
      1 / y;
    return Math.sqrt(freedom * y);
  }
  const normal = normalQuantile(both / 2);
  y = normal * normal;
  if (freedom < 5) c += 0.3 * (freedom - 4.5) * (normal + 0.6);
  c = (((0.05 * d * normal - 5) * normal - 7) * normal - 2) * normal + b + c;
  y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * normal;
  y = a * y * y;
  return Math.sqrt(freedom * (y > 0.002 ? Math.expm1(y) : 0.5 * y * y + y));
}

/** The z that a standard normal variable is below with `probability` (below 0.5): M. Abramowitz, I. Stegun, 26.2.23. */
function normalQuantile(probability: number): number {
  const t = Math.sqrt(-2 * Math.log(probability));
  const top = 2.515517 + t * (0.802853 + t * 0.010328);
  const bottom = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308));
  return -(t - top / bottom);
}
