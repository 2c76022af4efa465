package cost

import "math"

// A Workload is what is compared.
type Workload struct {
	Requests float64 // a month
	In, Out  float64 // bytes of a request and of its response
	Seconds  float64 // that a response lasts
	Memory   float64 // MB of the function
	Messages float64 // that a response makes through a WebSocket API
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
	each  func(w Workload, r region) float64
	month func(r region) float64
}

var doors = []door{
	{"CloudFront, function URL, signer", func(w Workload, r region) float64 { return cloudFront(w, r) + signer(w, r) }, free},
	{"CloudFront, function URL, hash by the client", cloudFront, free},
	{"function URL", func(w Workload, r region) float64 { return lambda(w, r) + dataOut(w, r) }, free},
	{"REST API, streamed", func(w Workload, r region) float64 {
		return lambda(w, r) + dataOut(w, r) + w.Requests/million*restRequests.in(r)*math.Ceil(max(w.Out, 1)/(10<<20))
	}, free},
	{"HTTP API", func(w Workload, r region) float64 {
		return lambda(w, r) + dataOut(w, r) + w.Requests/million*httpRequests.in(r)*math.Ceil(max(w.In+w.Out, 1)/(512<<10))
	}, free},
	{"WebSocket API", func(w Workload, r region) float64 {
		messages := math.Ceil(max(w.In, 1)/(32<<10)) + w.Messages*math.Ceil(w.Out/w.Messages/(32<<10))
		again := w.Requests / million * lambdaRequests.in(r) // the invocation that goes on
		return lambda(w, r) + again + dataOut(w, r) + w.Requests/million*(messages*webSocketMessages.in(r)+w.Seconds/60*webSocketMinutes.in(r))
	}, free},
	{"load balancer, Lambda", func(w Workload, r region) float64 {
		return lambda(w, r) + dataOut(w, r) + units(w, 0.4)*balancerUnit.in(r)
	}, balancer},
	{"load balancer, two tasks of 0.25 vCPU", func(w Workload, r region) float64 {
		return dataOut(w, r) + units(w, 1)*balancerUnit.in(r)
	}, func(r region) float64 {
		task := 0.25*fargateCPU.in(r) + 0.5*fargateMemory.in(r) + publicAddress.in(r)
		return balancer(r) + 2*task*month
	}},
}

func free(region) float64 { return 0 }

func lambda(w Workload, r region) float64 {
	return w.Requests/million*lambdaRequests.in(r) + w.Requests*w.Seconds*w.Memory/1024*lambdaDuration.in(r)
}

func dataOut(w Workload, r region) float64 { return w.Requests * w.Out / gb * regionOut.in(r) }

// cloudFront takes the place of the data out of the region.
func cloudFront(w Workload, r region) float64 {
	return lambda(w, r) + w.Requests/million*(cloudFrontRequests.in(r)+cloudFrontFunction.in(r)) +
		w.Requests*(w.Out/gb*cloudFrontOut.in(r)+w.In/gb*cloudFrontToOrigin.in(r))
}

func signer(w Workload, r region) float64 {
	return w.Requests/million*edgeRequests.in(r) + w.Requests*signing*edgeGB*edgeDuration.in(r)
}

// balancer is a load balancer in two zones, an address in each.
func balancer(r region) float64 { return month * (balancerHour.in(r) + 2*publicAddress.in(r)) }

// units are the capacity units of a load balancer, by the largest of new connections (one for
// each request), active connections and bytes (GB an hour).
func units(w Workload, gbPerHour float64) float64 {
	return max(w.Requests/(25*3600), w.Requests*w.Seconds/3000/3600, w.Requests*(w.In+w.Out)/gb/gbPerHour)
}

// minute is what one more streamed minute costs: time, and the bytes and messages that go with
// it in the proportion of the workload.
func (d door) minute(w Workload, r region) float64 {
	long := w
	factor := (w.Seconds + 60) / w.Seconds
	long.Seconds, long.Out, long.Messages = w.Seconds+60, w.Out*factor, w.Messages*factor
	return (d.each(long, r) - d.each(w, r)) / w.Requests
}

// breakEven are the requests a month from which on tasks cost less than the door.
func breakEven(d, tasks door, w Workload, r region) float64 {
	perRequest := (d.each(w, r) - tasks.each(w, r)) / w.Requests
	return (tasks.month(r) - d.month(r)) / perRequest
}
