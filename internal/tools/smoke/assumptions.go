package smoke

import (
	"slices"

	"github.com/streamfront/streamfront/internal/settled"
)

// An Assumption is a point of the local chain that AWS's documentation does not settle: an
// uncertain row of package fidelity, or a part of it.
type Assumption struct {
	ID   settled.ID `json:"id"`
	Row  string     `json:"row"` // its name
	Says string     `json:"says"`
}

var (
	hashNeeded       = Assumption{settled.HashNeeded, "payload-hash", "the origin access control signs what the signer sets"}
	refusalWords     = Assumption{settled.RefusalWords, "refusals", "a body that does not fit its hash is refused as InvalidSignatureException"}
	challengeRenamed = Assumption{settled.ChallengeRenamed, "remapped-headers", "WWW-Authenticate becomes x-amzn-remapped-www-authenticate (refuted also by a route with RestoreChallenge)"}
	bytesKept        = Assumption{settled.BytesKept, "event", "a compressed body of a type of text arrives whole"}
	serverRenamed    = Assumption{settled.ServerRenamed, "remapped-headers", "the application's own Server and Content-Length become x-amzn-remapped-..."}
	dateRenamed      = Assumption{settled.DateRenamed, "remapped-headers", "the application's own Date becomes x-amzn-remapped-date"}
	encodingRemoved  = Assumption{settled.EncodingRemoved, "remapped-headers", "Content-Encoding is removed from streams"}
	errorsNotKept    = Assumption{settled.ErrorsNotKept, "caching-extras", "errors are not kept where caching is disabled"}
	generatedCache   = Assumption{settled.GeneratedXCache, "own-error-pages", "X-Cache of the signer's own answer is LambdaGeneratedResponse from cloudfront"}
	deleteHidden     = Assumption{settled.DeleteHidden, "delete-bodies", "bodies of DELETE are hidden from Lambda@Edge"}
	signatureWindow  = Assumption{settled.SignatureWindow, "signature-window", "a signature's date may be 5 minutes off"}
	pathsAsTheyAre   = Assumption{settled.PathsKept, "canonical-paths", "paths are signed and passed on unchanged"}
	plusIsSpace      = Assumption{settled.PlusIsSpace, "canonical-paths", "a plus in a query is signed as a space"}
	eventCounts      = Assumption{settled.Base64Counts, "event-size", "the 6 MiB limit counts a binary body in base64"}
	bodyAloneCounts  = Assumption{settled.BodyAloneCounts, "event-size", "the 6 MiB limit counts the body, not the event around it"}
	unsignedWords    = Assumption{settled.UnsignedWords, "unsigned-calls", "unsigned calls get the same 403 as a missing grant"}
	tooLargeWords    = Assumption{settled.TooLargeWords, "unsigned-calls", "the body of a 413 is that of Invoke"}
	crashCuts        = Assumption{settled.CrashCuts, "broken-streams", "a stream whose process crashed is cut"}
	reportedEnds     = Assumption{settled.ReportedEnds, "broken-streams", "a stream whose error the function reported ends cleanly"}
	noLineBreaks     = Assumption{settled.NoLineBreaks, "edge-base64", "CloudFront's base64 has no line breaks"}
	queryEncoded     = Assumption{settled.QueryEncoded, "raw-queries", "brackets and $ in a query, which the edge encodes, arrive"}
	rawQueryRefused  = Assumption{settled.RawQueryRefused, "raw-queries", "a function URL refuses raw brackets and $ in a query (open where it refuses unsigned calls first)"}
	mebibyte         = Assumption{settled.EdgeMebibyte, "edge-body-megabyte", "Lambda@Edge sees 1 MiB of a body"}
	emptyEnds        = Assumption{settled.EmptyEnds, "empty-streams", "a streamed answer without a body ends"}
)

// assumptions are all of them, in the order in which reports list them.
var assumptions = []Assumption{
	hashNeeded, refusalWords, bytesKept, challengeRenamed, serverRenamed, dateRenamed, encodingRemoved,
	errorsNotKept, generatedCache, deleteHidden, signatureWindow, pathsAsTheyAre, plusIsSpace,
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
	// Open means that the row was not asked, or that its answer shows neither.
	Open State = "open"
	// Assumed means that the local chain does what it assumes, which proves nothing.
	Assumed State = "assumed"
)

// A Settlement is an assumption and what became of it.
type Settlement struct {
	Assumption Assumption `json:"assumption"`
	State      State      `json:"state"`
	// Value is what was seen in place of what is assumed, where that is a value.
	Value string `json:"value,omitempty"`
}

// A question is an assumption with the answers that settle it.
type question struct {
	assumption Assumption
	confirmed  []expectation
	refuted    []expectation // nil: anything but confirmed, if there is an answer
}

// valuedHeader are headers of an answer that have the value of an assumption which it refutes.
var valuedHeader = map[settled.ID]string{settled.RefusalWords: "X-Amzn-Errortype", settled.GeneratedXCache: "X-Cache"}

// settle asks for the state, and for the value that refutes.
func (q question) settle(x *exchange) Settlement {
	s := Settlement{Assumption: q.assumption, State: q.state(x)}
	if s.State == Refuted {
		s.Value = x.value
	}
	if name := valuedHeader[q.assumption.ID]; name != "" && s.State == Refuted {
		s.Value = settled.Value(q.assumption.ID, x.header.Get(name))
	}
	return s
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
		var settlements []Settlement
		for i := range checks {
			for j, q := range checks[i].settles {
				if q.assumption == a {
					settlements = append(settlements, results[i].Settled[j])
				}
			}
		}
		for _, state := range []State{Refuted, Open, Assumed, Confirmed} {
			if i := slices.IndexFunc(settlements, func(s Settlement) bool { return s.State == state }); i >= 0 {
				merged = append(merged, settlements[i])
				break
			}
		}
	}
	return merged
}
