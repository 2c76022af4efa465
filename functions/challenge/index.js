'use strict';

// Lambda@Edge at origin-response. A function URL renames the application's
// WWW-Authenticate (field report), without which no OAuth or MCP client learns where to
// get a token from. Nothing is logged.
const RENAMED = 'x-amzn-remapped-www-authenticate';

/**
 * Gives the challenge its name back. All else of the response stays as it is, and so
 * does every response without a challenge.
 *
 * @param {object} event Lambda@Edge origin-response event
 * @returns {Promise<object>} the response
 */
exports.handler = async (event) => {
  const { response } = event.Records[0].cf;
  const { headers } = response;
  if (headers[RENAMED]) {
    headers['www-authenticate'] = headers[RENAMED].map(({ value }) => ({ key: 'WWW-Authenticate', value }));
    delete headers[RENAMED];
  }
  return response;
};
