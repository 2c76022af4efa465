// Package loopback is what the listeners of the local chain have in common: they listen on
// this machine's own addresses only, they answer only requests by a name that is
// theirs, and they bound how long a client may keep them waiting.
//
// A listener on loopback is not out of reach of the web. A page of any site may send requests
// to 127.0.0.1, and a site that lets its own name point there (DNS rebinding) may also read
// the answers. What gives such a page away is the name that it asks for, in the Host header,
// and the headers that only browsers send.
package loopback
