package functionurl

import "github.com/streamfront/streamfront/internal/aws/lambda/answer"

// Limits of a streamed response: how fast it goes, and how many bytes it has.
//
// Source: AWS Lambda Developer Guide, "Response streaming for Lambda functions": the first
// 6 MB go at any speed, the rest at 2 MBps; a response ends at 200 MB.
var rate = answer.Rate{Burst: 6 << 20, Bandwidth: 2 << 20}

const maxStreamed = 200 << 20
