/** How many addresses {@link loopbackAddress} knows. */
export const MAX_ADDRESSES = 60_000;

/** Host numbers in one block of 127.77.x.y: .0 and .255 are left out, since they look like networks and broadcasts. */
const BLOCK = 254;

/**
 * The loopback address of a pretend host: 1 → 127.77.0.1, 255 → 127.77.1.1. Linux answers on all of 127/8 unasked.
 * Throws RangeError for an index below 1 or above 60,000.
 */
export function loopbackAddress(index: number): string {
  if (!Number.isInteger(index) || index < 1 || index > MAX_ADDRESSES) {
    throw new RangeError(`there is no pretend host number ${index}: use 1 to ${MAX_ADDRESSES}`);
  }
  const last = ((index - 1) % BLOCK) + 1;
  return `127.77.${Math.floor((index - 1) / BLOCK)}.${last}`;
}
