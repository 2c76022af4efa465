// Package loopback is what the listeners of the local chain have in common: they listen only on
// the addresses of this machine, they answer only requests for their own host names, and they
// bound how long a client may keep them waiting.
//
// A listener on loopback can be reached from the web. A page of any site may send requests to
// 127.0.0.1, and a site that points its own name there (DNS rebinding) may also read the answers.
// Such a page is recognized by the name in its Host header, and by the headers that only browsers
// send.
package loopback
