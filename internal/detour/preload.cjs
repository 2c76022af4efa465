'use strict';

// Loaded before a function's own code: connections for some hosts go to the local chain. All
// of Node.js, fetch included, makes its connections by these functions.
const http = require('node:http');
const net = require('node:net');
const tls = require('node:tls');
const { secure, plain } = WHERE;

function detour(object, name, port, { hosts, to }) {
  const led = new Set(hosts ?? []);
  const connect = object[name];
  object[name] = function (...args) {
    const options = args.find((arg) => arg && typeof arg === 'object');
    const host = options?.servername || options?.host;
    if (options && !options.socket && led.has(`${host}:${options.port ?? port}`.toLowerCase())) {
      args[args.indexOf(options)] = { ...options, ...to, hostname: undefined, servername: host, path: undefined };
    }
    return connect.apply(this, args);
  };
}
detour(tls, 'connect', 443, secure);
detour(net, 'connect', 80, plain);
detour(http.Agent.prototype, 'createConnection', 80, plain);
