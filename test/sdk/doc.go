// Package sdk holds what functions/stream writes itself to what the clients of the AWS SDK
// do. It is a module of its own, so that nobody who imports streamfront gets them.
package sdk
