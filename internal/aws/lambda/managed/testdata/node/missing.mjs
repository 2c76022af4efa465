import '@aws-sdk/client-nowhere';

export const handler = async () => {};
