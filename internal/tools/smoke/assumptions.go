package smoke

import (
	"fmt"
	"slices"
)

// An Assumption is a point of the local chain that AWS's documentation does not settle: a
// row of the README's section "Level of support" that is marked A or F, or a part of it.
type Assumption struct {
	Table Table  `json:"table"`
	Row   int    `json:"row"`
	Says  string `json:"says"`
}

// Table is one of the two tables of the README's section "Level of support".
type Table string

const (
	// Enforced is the table of what the chain enforces.
	Enforced Table = "enforced"
	// Difference is the table of known differences and unverified points.
	Difference Table = "difference"
)

var (
	hashNeeded       = Assumption{Enforced, 6, "the origin access control signs what the signer sets"}
	refusalWords     = Assumption{Enforced, 9, "a body that does not fit its hash is refused as InvalidSignatureException"}
	challengeRenamed = Assumption{Enforced, 17, "WWW-Authenticate becomes x-amzn-remapped-www-authenticate (refuted also by a route with RestoreChallenge)"}
	bytesKept        = Assumption{Enforced, 10, "a compressed body of a type of text arrives whole"}
	serverRenamed    = Assumption{Enforced, 17, "the application's own Server and Content-Length become x-amzn-remapped-..."}
	dateRenamed      = Assumption{Enforced, 17, "the application's own Date becomes x-amzn-remapped-date"}
	encodingRemoved  = Assumption{Enforced, 17, "Content-Encoding is taken off streams"}
	errorsNotKept    = Assumption{Difference, 10, "errors are not kept where caching is disabled"}
	generatedCache   = Assumption{Difference, 13, "X-Cache of the signer's own answer is LambdaGeneratedResponse from cloudfront"}
	deleteHidden     = Assumption{Difference, 16, "bodies of DELETE are hidden from Lambda@Edge"}
	pathsAsTheyAre   = Assumption{Difference, 18, "paths are signed and passed on as they came"}
	plusIsSpace      = Assumption{Difference, 18, "a plus in a query is signed as a space"}
	eventCounts      = Assumption{Difference, 19, "the 6 MiB limit counts a binary body in base64"}
	bodyAloneCounts  = Assumption{Difference, 19, "the 6 MiB limit counts the body, not the event around it"}
	unsignedWords    = Assumption{Difference, 20, "unsigned calls get the same 403 as a missing grant"}
	tooLargeWords    = Assumption{Difference, 20, "the body of a 413 is that of Invoke"}
	crashCuts        = Assumption{Difference, 21, "a stream whose process crashed is cut"}
	reportedEnds     = Assumption{Difference, 21, "a stream whose error the function reported ends cleanly"}
	noLineBreaks     = Assumption{Difference, 22, "CloudFront's base64 has no line breaks"}
	queryEncoded     = Assumption{Difference, 37, "brackets and $ in a query, which the edge encodes, arrive"}
	rawQueryRefused  = Assumption{Difference, 37, "a function URL refuses raw brackets and $ in a query (open where it refuses unsigned calls first)"}
	mebibyte         = Assumption{Difference, 30, "Lambda@Edge sees 1 MiB of a body"}
	emptyEnds        = Assumption{Difference, 38, "a streamed answer without a body ends"}
)

// assumptions are all of them, in the order of the README.
var assumptions = []Assumption{
	hashNeeded, refusalWords, bytesKept, challengeRenamed, serverRenamed, dateRenamed, encodingRemoved,
	errorsNotKept, generatedCache, deleteHidden, pathsAsTheyAre, plusIsSpace,
	eventCounts, bodyAloneCounts, unsignedWords, tooLargeWords, crashCuts, reportedEnds, noLineBreaks, mebibyte,
	queryEncoded, rawQueryRefused, emptyEnds,
}

// String is such as "difference 16: bodies of DELETE are hidden from Lambda@Edge".
func (a Assumption) String() string { return fmt.Sprintf("%s %d: %s", a.Table, a.Row, a.Says) }

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
