package routers

import (
	"fmt"
	"io"
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

func newEcho(next <-chan struct{}) http.Handler {
	stream := func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderContentType, "text/event-stream")
		for i := range streamed {
			fmt.Fprintf(c.Response(), "data: %d\n\n", i)
			c.Response().Flush()
			<-next
		}
		abort(c.Request())
		return nil
	}
	router := echo.New()
	router.Logger.SetOutput(io.Discard)
	router.Use(middleware.Recover())
	router.Use(func(handler echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			connectionHeader(c.Request())
			c.Response().Header().Set("X-Middleware", "echo")
			return handler(c)
		}
	})
	item := func(c echo.Context) error {
		user, _, _ := c.Request().BasicAuth()
		return c.String(http.StatusOK, fmt.Sprintf("%s, %s, %s", c.Param("id"), c.QueryParam("q"), user))
	}
	router.GET("/items/:id", item)
	router.HEAD("/items/:id", item)
	router.POST("/items", func(c echo.Context) error {
		var item struct {
			Name string `json:"name"`
		}
		if err := c.Bind(&item); err != nil {
			return err
		}
		return c.String(http.StatusCreated, item.Name)
	})
	router.GET("/stream", stream)
	router.GET("/zipped", stream, middleware.Gzip())
	router.GET("/sse", echo.WrapHandler(http.HandlerFunc(serveSSE)))
	router.GET("/socket", echo.WrapHandler(http.HandlerFunc(serveSocket)))
	router.GET("/panic", func(echo.Context) error { panic("sorry") })
	router.GET("/moved", func(c echo.Context) error { return c.Redirect(http.StatusFound, "/items/1") })
	router.GET("/empty", func(c echo.Context) error { return c.NoContent(http.StatusNoContent) })
	return router
}
