// Package openai serves the two protocols of OpenAI over any model: chat completions, which
// most clients and frameworks speak, and responses, which the newest ask for by default:
// https://platform.openai.com/docs/api-reference. The official clients work with it, given
// its base URL and a key.
//
//	POST /v1/chat/completions  streamed if "stream" is true
//	POST /v1/responses         streamed if "stream" is true
//	GET  /v1/models            the models there are
//	GET  /v1/models/{id}       one of them
//
// Both read the same conversations with tools, images, files and schemas, and write the
// same answers. Nothing is stored: previous_response_id, conversation, background and
// references to items are refused, and responses say "store": false. A reference to what an
// assistant said before it called a tool is passed over, for the call itself is there.
//
// # Parameters
//
// What would give another answer than the one asked for is refused, and named: several
// answers, log probabilities, penalties, seeds, audio, OpenAI's own tools, parameters that
// are not known. What changes nothing in the answer, such as user or metadata, is ignored.
// parallel_tool_calls: false holds: of several calls the first is passed on.
//
// # Images and files
//
// A file is an upload, by its id, or a data URL. Its bytes say what it is: PNG, JPEG, GIF
// and WebP are images, all else has to be text in UTF-8. Nothing is fetched from elsewhere.
// A request has MaxFiles of them at most, with MaxFileBytes together.
//
// # Bounds
//
// A viewer who leaves does not stop a function on Lambda. An answer is therefore bounded
// by Options.MaxTokens and by the deadline of the request's context, which finish it for
// "length", and ends with the first write that fails.
//
// # Errors
//
// Until the model has accepted a request, an error is answered with its status and an
// error object. After that a stream is under way, and the error object is an event of it:
// the last one of chat completions, without [DONE]; the event "error" of responses, with
// response.failed after it. The official clients raise both as an exception.
package openai
