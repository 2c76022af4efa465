package streamhttp

import (
	"context"
	"time"
)

// What the options put into the context of an invocation, which the runtime client alone does.

func ContextWithDoors(ctx context.Context, doors string) context.Context {
	return context.WithValue(ctx, doorsKey{}, doors)
}

func ContextWithConnections(ctx context.Context, connections Connections, pause time.Duration) context.Context {
	return context.WithValue(ctx, connectionsKey{}, &outlet{connections, pause})
}
