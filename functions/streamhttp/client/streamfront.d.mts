/** The size in bytes up to which a body is hashed at the edge, on a route with payload hash EDGE: 1 MB, the smaller one. */
export const edgeLimit: 1000000;

/** The body is larger than what a function takes, so the request was not sent. */
export class BodyTooLargeError extends Error {
  /** The most bytes that a function takes of such a body. */
  readonly limit: number;
}

export interface Options {
  /** Bodies of up to so many bytes go without a hash, but for those of DELETE: edgeLimit on EDGE routes. Default: 0, none. */
  onlyAbove?: number;
  /** What sends the request. Default: the fetch of the platform. */
  fetch?: typeof fetch;
}

/** A fetch that sends the SHA-256 of the body along, in x-amz-content-sha256. */
export function createFetch(options?: Options): typeof fetch;
