/** The way to a value from the top of the file: keys of maps and indexes of lists. */
export type FieldPath = readonly (string | number)[];

/** `layers[2].services.web`, as complaints show a path. */
export function showPath(path: FieldPath): string {
  return path.map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`)).join('');
}
