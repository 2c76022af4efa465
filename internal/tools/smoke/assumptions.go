package smoke

import "slices"

// An Assumption is a point of the local chain that AWS's documentation does not settle: an
// uncertain row of package fidelity, or a part of it.
type Assumption struct {
	Row  string `json:"row"` // its name
	Says string `json:"says"`
}

var (
	hashNeeded       = Assumption{"payload-hash", "the origin access control signs what the signer sets"}
	refusalWords     = Assumption{"refusals", "a body that does not fit its hash is refused as InvalidSignatureException"}
	challengeRenamed = Assumption{"remapped-headers", "WWW-Authenticate becomes x-amzn-remapped-www-authenticate (refuted also by a route with RestoreChallenge)"}
	bytesKept        = Assumption{"event", "a compressed body of a type of text arrives whole"}
	serverRenamed    = Assumption{"remapped-headers", "the application's own Server and Content-Length become x-amzn-remapped-..."}
	dateRenamed      = Assumption{"remapped-headers", "the application's own Date becomes x-amzn-remapped-date"}
	encodingRemoved  = Assumption{"remapped-headers", "Content-Encoding is removed from streams"}
	errorsNotKept    = Assumption{"caching-extras", "errors are not kept where caching is disabled"}
	generatedCache   = Assumption{"own-error-pages", "X-Cache of the signer's own answer is LambdaGeneratedResponse from cloudfront"}
	deleteHidden     = Assumption{"delete-bodies", "bodies of DELETE are hidden from Lambda@Edge"}
	pathsAsTheyAre   = Assumption{"canonical-paths", "paths are signed and passed on unchanged"}
	plusIsSpace      = Assumption{"canonical-paths", "a plus in a query is signed as a space"}
	eventCounts      = Assumption{"event-size", "the 6 MiB limit counts a binary body in base64"}
	bodyAloneCounts  = Assumption{"event-size", "the 6 MiB limit counts the body, not the event around it"}
	unsignedWords    = Assumption{"unsigned-calls", "unsigned calls get the same 403 as a missing grant"}
	tooLargeWords    = Assumption{"unsigned-calls", "the body of a 413 is that of Invoke"}
	crashCuts        = Assumption{"broken-streams", "a stream whose process crashed is cut"}
	reportedEnds     = Assumption{"broken-streams", "a stream whose error the function reported ends cleanly"}
	noLineBreaks     = Assumption{"edge-base64", "CloudFront's base64 has no line breaks"}
	queryEncoded     = Assumption{"raw-queries", "brackets and $ in a query, which the edge encodes, arrive"}
	rawQueryRefused  = Assumption{"raw-queries", "a function URL refuses raw brackets and $ in a query (open where it refuses unsigned calls first)"}
	mebibyte         = Assumption{"edge-body-megabyte", "Lambda@Edge sees 1 MiB of a body"}
	emptyEnds        = Assumption{"empty-streams", "a streamed answer without a body ends"}
)

// assumptions are all of them, in the order in which reports list them.
var assumptions = []Assumption{
	hashNeeded, refusalWords, bytesKept, challengeRenamed, serverRenamed, dateRenamed, encodingRemoved,
	errorsNotKept, generatedCache, deleteHidden, pathsAsTheyAre, plusIsSpace,
	eventCounts, bodyAloneCounts, unsignedWords, tooLargeWords, crashCuts, reportedEnds, noLineBreaks, mebibyte,
	queryEncoded, rawQueryRefused, emptyEnds,
}

// String is such as "delete-bodies: bodies of DELETE are hidden from Lambda@Edge".
func (a Assumption) String() string { return a.Row + ": " + a.Says }

// State is what is known of an assumption.
type State string

const (
	// Confirmed means that AWS does what the chain assumes.
	Confirmed State = "confirmed"
	// Refuted means that AWS does otherwise.
	Refuted State = "refuted"
	// Open means that the row was not asked, or that its answer tells neither.
	Open State = "open"
	// Assumed means that the local chain does what it assumes, which proves nothing.
	Assumed State = "assumed"
)

// A Settlement is an assumption and what became of it.
type Settlement struct {
	Assumption Assumption `json:"assumption"`
	State      State      `json:"state"`
}

// A question is an assumption with the answers that settle it.
type question struct {
	assumption Assumption
	confirmed  []expectation
	refuted    []expectation // nil: anything but confirmed, if there is an answer
}

// state settles the question. The local chain only does what it assumes.
func (q question) state(x *exchange) State {
	_, _, confirmed := hold(q.confirmed, x)
	_, _, refuted := hold(q.refuted, x)
	switch local := x.session.local; {
	case confirmed && local:
		return Assumed
	case confirmed:
		return Confirmed
	case refuted && x.status != 0 && !local:
		return Refuted
	}
	return Open
}

// merge makes one settlement of each assumption that the rows are about: one row refutes
// it, to confirm it takes all.
func merge(checks []check, results []Result) []Settlement {
	merged := []Settlement{}
	for _, a := range assumptions {
		var states []State
		for i := range checks {
			for j, q := range checks[i].settles {
				if q.assumption == a {
					states = append(states, results[i].Settled[j].State)
				}
			}
		}
		for _, state := range []State{Refuted, Open, Assumed, Confirmed} {
			if slices.Contains(states, state) {
				merged = append(merged, Settlement{a, state})
				break
			}
		}
	}
	return merged
}
