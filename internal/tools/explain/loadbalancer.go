package explain

import (
	"net/http"
	"strings"

	"github.com/streamfront/streamfront/internal/causes"
)

// ofLoadBalancer reports whether an Application Load Balancer gave the answer itself.
func (a *Answer) ofLoadBalancer() bool { return strings.HasPrefix(a.Header.Get("Server"), "awselb/") }

// fromLoadBalancer knows the answers of load balancers, which say what they are by their header
// Server. One before tasks of Amazon ECS has some reasons, one before a function others.
//
// Source: Elastic Load Balancing, User Guide for Application Load Balancers, "Troubleshoot your
// Application Load Balancers". Documented.
func fromLoadBalancer(a *Answer, f *findings) {
	if !a.ofLoadBalancer() {
		return // what it passes on has the header Server of its target
	}
	switch a.Status {
	case http.StatusBadRequest:
		f.add(Possible, causes.UpgradeRefused, "400 of the load balancer: if the request asked for an upgrade, of a function")
		f.add(Possible, causes.RequestTooLong, "400 of the load balancer: if a header has over 16 KB, or all of them over 64 KB")
	case http.StatusRequestEntityTooLarge:
		f.add(Certain, causes.OverBalancerLimit, "413 of the load balancer: the body has over 1 MB, and goes to a function")
	case http.StatusRequestURITooLong:
		f.add(Certain, causes.RequestTooLong, "414 of the load balancer: the request line has over 16 KB")
	case http.StatusBadGateway:
		f.add(Likely, causes.FunctionFailed, "502 of the load balancer: a function failed, or answered what the load balancer cannot send")
		f.add(Possible, causes.OverBalancerLimit, "502 of the load balancer: if a function answered with over 1 MB")
		f.add(Possible, causes.BalancerGrantMissing, "502 of the load balancer: if it may not invoke the function any more")
		f.add(Possible, causes.TaskUnwell, "502 of the load balancer: if tasks are behind it")
	case http.StatusServiceUnavailable:
		f.add(Likely, causes.TaskUnwell, "503 of the load balancer: no target is registered")
	case http.StatusGatewayTimeout:
		f.add(Certain, causes.IdleTimeoutExceeded, "504 of the load balancer: nothing came within its idle timeout")
	}
}
