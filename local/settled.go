package local

import (
	"cmp"
	"fmt"

	"github.com/streamfront/streamfront/internal/aws/cloudfront"
	"github.com/streamfront/streamfront/internal/aws/functionurl"
	"github.com/streamfront/streamfront/internal/settled"
)

// readSettled reads what an endpoint on AWS settled; nil if nothing did.
func readSettled(name string) (*settled.Facts, error) {
	if name == "" {
		return nil, nil
	}
	facts, err := settled.Read(name)
	if err != nil {
		return nil, fmt.Errorf("Options.Settled: %w", err)
	}
	return facts, nil
}

// follow sets the switches that there are for assumptions. One that is set already stays.
func (o Options) follow(facts *settled.Facts) Options {
	o.ExposeDeleteBody = o.ExposeDeleteBody || facts.Refuted(settled.DeleteHidden)
	o.HangEmptyStreams = o.HangEmptyStreams || facts.Refuted(settled.EmptyEnds)
	o.CutFailedStreams = o.CutFailedStreams || facts.Refuted(settled.ReportedEnds)
	o.SignatureWindow = cmp.Or(o.SignatureWindow, facts.Window())
	return o
}

// refuted are the assumptions of function URLs that are given up.
func refuted(facts *settled.Facts) functionurl.Refuted {
	r := functionurl.Refuted{
		CrashCuts:       facts.Refuted(settled.CrashCuts),
		Base64Counts:    facts.Refuted(settled.Base64Counts),
		BodyAloneCounts: facts.Refuted(settled.BodyAloneCounts),
		EncodingRemoved: facts.Refuted(settled.EncodingRemoved),
		RawQueryRefused: facts.Refuted(settled.RawQueryRefused),
		BytesKept:       facts.Refuted(settled.BytesKept),
		RefusalWords:    facts.Value(settled.RefusalWords),
	}
	for id, names := range map[settled.ID][]string{
		settled.ChallengeRenamed: {"Www-Authenticate"},
		settled.ServerRenamed:    {"Server", "Content-Length"},
		settled.DateRenamed:      {"Date"},
	} {
		if facts.Refuted(id) {
			r.Renamed = append(r.Renamed, names...)
		}
	}
	return r
}

// refutedAtEdge are the assumptions of CloudFront that are given up.
func refutedAtEdge(facts *settled.Facts) cloudfront.Refuted {
	return cloudfront.Refuted{
		ErrorsNotKept:   facts.Refuted(settled.ErrorsNotKept),
		PlusIsSpace:     facts.Refuted(settled.PlusIsSpace),
		GeneratedXCache: facts.Value(settled.GeneratedXCache),
	}
}

// edgeBody is how many bytes of a body Lambda@Edge sees: 1 MB is 1,000,000 or 1,048,576. 0
// stands for the latter.
func edgeBody(facts *settled.Facts) int {
	if facts.Refuted(settled.EdgeMebibyte) {
		return 1_000_000
	}
	return 0
}
