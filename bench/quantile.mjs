export const median = (values) => quantile(values, 0.5);

/** The value below which that share of them lies; NaN of none. @param share 0 to 1 */
export function quantile(values, share) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
