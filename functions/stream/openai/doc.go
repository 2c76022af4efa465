// Package openai serves the two protocols of OpenAI for any model: chat completions, which most clients
// and frameworks speak, and responses, which the newest use by default:
// https://platform.openai.com/docs/api-reference. The official clients work with its base URL and a key.
//
//	POST /v1/chat/completions  streamed if "stream" is true
//	POST /v1/responses         streamed if "stream" is true
//	GET  /v1/models            the models
//	GET  /v1/models/{id}       one of them
//
// Both read the same conversations with tools, images, files and schemas, and write the
// same answers. Nothing is stored: previous_response_id, conversation, background and
// references to items are refused, and responses say "store": false. A reference to what an assistant
// said before it called a tool is ignored, because the call itself is in the request.
//
// # Parameters
//
// Parameters that would need another answer are refused by name: several answers, log probabilities,
// penalties, seeds, audio, OpenAI's own tools, and unknown parameters. Parameters that do not change the
// answer, such as user or metadata, are ignored. With parallel_tool_calls: false only the first of several
// calls is passed on.
//
// # Images and files
//
// A file is the id of an upload, or a data URL. Its bytes show what it is: PNG, JPEG, GIF and WebP are
// images, everything else must be text in UTF-8. Nothing is fetched from elsewhere. A request has at most
// MaxFiles of them, with MaxFileBytes together.
//
// # Bounds
//
// Lambda does not notice a disconnect. So Options.MaxTokens and the deadline of the request's context limit
// an answer and finish it with "length", and the first write that fails ends it.
//
// # Errors
//
// Until the model has accepted a request, an error is answered with its status and an error object. After
// that the stream has begun, and the error object is an event in it: in chat completions the last one,
// without [DONE], and in responses the event "error", followed by response.failed. The official clients
// raise both as an exception.
package openai
