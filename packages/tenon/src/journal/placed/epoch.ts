/** Most journals that one may consist of. */
export const mostPlaces = 64

/** An epoch that counts in one place only: those of two places may be the same number. Of the greater in one place it makes the greater. */
export function encodeEpoch(epoch: number, place: number): number {
  return epoch * mostPlaces + place
}

export function decodeEpoch(encoded: number): { readonly epoch: number; readonly place: number } {
  return { epoch: Math.floor(encoded / mostPlaces), place: encoded % mostPlaces }
}
