// The Lambda@Edge function of routes whose callers hash their bodies, or that have none:
// authorizes, and keeps Authorization for the application.
import { authorize } from './authorize.mjs';

const RELOCATED = 'x-forwarded-authorization';

export const handler = async (event) => {
  const { request } = event.Records[0].cf;
  const answer = await authorize(request);
  if (answer) return answer;
  const { headers } = request;
  delete headers[RELOCATED];
  if (headers.authorization) {
    headers[RELOCATED] = headers.authorization.map(({ value }) => ({ key: RELOCATED, value }));
    delete headers.authorization;
  }
  return request;
};
