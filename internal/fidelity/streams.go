package fidelity

var streams = []Row{
	{
		Name:       "streaming",
		AWS:        "A prelude of up to 16 KB may be split anywhere. A function may stream plain JSON. Every chunk is delivered at once.",
		Confidence: Recorded | Documented,
		Tests:      []string{"TestPreludeUnderEverySplit", "TestResponseStreamsChunkByChunk"},
	},
	{
		Name:       "stream-rate",
		AWS:        "A stream sends 6 MiB at full speed, then 2 MiB/s, and at most 200 MiB.",
		Chain:      "The same; `--unlimited-rate` lifts the rate.",
		Confidence: Documented,
		Tests:      []string{"TestPaceLetsTheBurstGoAndThenTwoMebibytesASecond"},
	},
	{
		Name:       "read-timeout",
		AWS:        "The read timeout counts before the head and between chunks. Only GET and HEAD are tried three times.",
		Confidence: Documented,
		Tests:      []string{"TestReadTimeoutBeforeTheAnswer", "TestTimeoutsInMidStream", "TestSecondAttemptSucceeds"},
	},
	{
		Name:       "heartbeats",
		AWS:        "Heartbeats carry a stream across the read timeout; silence is cut.",
		Confidence: Documented,
		Tests:      []string{"TestHeartbeatsCarryAStreamAcrossTheReadTimeout"},
	},
	{
		Name:       "viewer-leaves",
		AWS:        "A viewer who disconnects does not stop the function.",
		Confidence: Documented,
		Tests:      []string{"TestViewerWhoLeavesDoesNotStopTheFunction"},
	},
	{
		Name:       "broken-streams",
		AWS:        "A broken stream closes the connection without a last chunk. A stream whose error the function reports, as `panic(http.ErrAbortHandler)` does, ends as if it were complete.",
		Chain:      "The same; `--cut-failed-streams` also cuts the second kind. Give streams an end mark of their own.",
		Confidence: Assumed,
		Tests:      []string{"TestEndOfStream", "TestFailedStreamsEndOrAreCut"},
	},
	{
		Name:       "empty-streams",
		AWS:        "A streamed answer without a body (302, 204, HEAD, an empty 200) is reported to hang, on several runtimes and for unknown reasons.",
		Chain:      "It ends at once, and the trace says so; `--hang-empty-streams` reproduces the hang up to the 504. `streamhttp` sends a line feed for redirects and errors, which does less harm than a page that never loads, but none for 2xx, whose bytes are data.",
		Confidence: FieldReport,
		Tests:      []string{"TestResponsesWithoutABodyEnd", "TestResponsesWithoutABodyHangOnDemand", "TestEmptyBodies"},
	},
}
