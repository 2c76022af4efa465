package main

import "math"

// workload is what is compared.
type workload struct {
	requests float64 // a month
	in, out  float64 // bytes of a request and of its response
	seconds  float64 // that a response lasts
	memory   float64 // MB of the function
	messages float64 // that a response makes through a WebSocket API
}

const (
	million = 1e6
	gb      = 1 << 30
	month   = 730.0   // hours
	signing = 0.003   // seconds, of the signer in 128 MB
	edgeGB  = 0.125   // memory of the signer
	bodies  = 6 << 20 // bytes, over which Lambda asks for streamed ones
)

// door is a way to the application, with what a month of a workload costs.
type door struct {
	name string
	// each grows with the requests, month is there without any.
	each  func(w workload, r region) float64
	month func(r region) float64
}

var doors = []door{
	{"CloudFront, function URL, signer", func(w workload, r region) float64 { return cloudFront(w, r) + signer(w, r) }, free},
	{"CloudFront, function URL, hash by the client", cloudFront, free},
	{"function URL", func(w workload, r region) float64 { return lambda(w, r) + dataOut(w, r) }, free},
	{"REST API, streamed", func(w workload, r region) float64 {
		return lambda(w, r) + dataOut(w, r) + w.requests/million*restRequests.in(r)*math.Ceil(max(w.out, 1)/(10<<20))
	}, free},
	{"HTTP API", func(w workload, r region) float64 {
		return lambda(w, r) + dataOut(w, r) + w.requests/million*httpRequests.in(r)*math.Ceil(max(w.in+w.out, 1)/(512<<10))
	}, free},
	{"WebSocket API", func(w workload, r region) float64 {
		messages := math.Ceil(max(w.in, 1)/(32<<10)) + w.messages*math.Ceil(w.out/w.messages/(32<<10))
		again := w.requests / million * lambdaRequests.in(r) // the invocation that goes on
		return lambda(w, r) + again + dataOut(w, r) + w.requests/million*(messages*webSocketMessages.in(r)+w.seconds/60*webSocketMinutes.in(r))
	}, free},
	{"load balancer, Lambda", func(w workload, r region) float64 {
		return lambda(w, r) + dataOut(w, r) + units(w, 0.4)*balancerUnit.in(r)
	}, balancer},
	{"load balancer, two tasks of 0.25 vCPU", func(w workload, r region) float64 {
		return dataOut(w, r) + units(w, 1)*balancerUnit.in(r)
	}, func(r region) float64 {
		task := 0.25*fargateCPU.in(r) + 0.5*fargateMemory.in(r) + publicAddress.in(r)
		return balancer(r) + 2*task*month
	}},
}

func free(region) float64 { return 0 }

func lambda(w workload, r region) float64 {
	return w.requests/million*lambdaRequests.in(r) + w.requests*w.seconds*w.memory/1024*lambdaDuration.in(r)
}

func dataOut(w workload, r region) float64 { return w.requests * w.out / gb * regionOut.in(r) }

// cloudFront takes the place of the data out of the region.
func cloudFront(w workload, r region) float64 {
	return lambda(w, r) + w.requests/million*(cloudFrontRequests.in(r)+cloudFrontFunction.in(r)) +
		w.requests*(w.out/gb*cloudFrontOut.in(r)+w.in/gb*cloudFrontToOrigin.in(r))
}

func signer(w workload, r region) float64 {
	return w.requests/million*edgeRequests.in(r) + w.requests*signing*edgeGB*edgeDuration.in(r)
}

// balancer is a load balancer in two zones, an address in each.
func balancer(r region) float64 { return month * (balancerHour.in(r) + 2*publicAddress.in(r)) }

// units are the capacity units of a load balancer, by the largest of new connections (one for
// each request), active connections and bytes (GB an hour).
func units(w workload, gbPerHour float64) float64 {
	return max(w.requests/(25*3600), w.requests*w.seconds/3000/3600, w.requests*(w.in+w.out)/gb/gbPerHour)
}

// minute is what one more streamed minute costs: time, and the bytes and messages that go with
// it in the proportion of the workload.
func (d door) minute(w workload, r region) float64 {
	long := w
	factor := (w.seconds + 60) / w.seconds
	long.seconds, long.out, long.messages = w.seconds+60, w.out*factor, w.messages*factor
	return (d.each(long, r) - d.each(w, r)) / w.requests
}

// breakEven are the requests a month from which on tasks cost less than the door.
func breakEven(d, tasks door, w workload, r region) float64 {
	perRequest := (d.each(w, r) - tasks.each(w, r)) / w.requests
	return (tasks.month(r) - d.month(r)) / perRequest
}
