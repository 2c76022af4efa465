'use strict';

// Loaded before a function's own code: connections for some hosts go to the local chain. All
// of Node.js, fetch included, makes its TLS connections by this function.
const tls = require('node:tls');
const { hosts, address, port } = WHERE;
const led = new Set(hosts);
const { connect } = tls;

tls.connect = function (...args) {
  const options = args.find((arg) => arg && typeof arg === 'object');
  const host = options?.servername || options?.host;
  if (options && !options.socket && led.has(String(host).toLowerCase()) && Number(options.port ?? 443) === 443) {
    args[args.indexOf(options)] = { ...options, host: address, hostname: undefined, port, servername: host, path: undefined };
  }
  return connect.apply(this, args);
};
