package routers

import (
	"io"
	"net/http"

	"github.com/gin-contrib/gzip"
	"github.com/gin-gonic/gin"
)

func newGin(next <-chan struct{}) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	stream := func(c *gin.Context) {
		i := 0
		c.Stream(func(io.Writer) bool {
			if i > 0 { // Stream flushes after this function
				<-next
			}
			if i == streamed {
				return false
			}
			c.SSEvent("", i)
			i++
			return true
		})
	}
	router := gin.New()
	router.Use(gin.RecoveryWithWriter(io.Discard), func(c *gin.Context) {
		connectionHeader(c.Request)
		c.Header("X-Middleware", "gin")
	})
	item := func(c *gin.Context) {
		user, _, _ := c.Request.BasicAuth()
		c.String(http.StatusOK, "%s, %s, %s", c.Param("id"), c.Query("q"), user)
	}
	router.GET("/items/:id", item)
	router.HEAD("/items/:id", item)
	router.POST("/items", func(c *gin.Context) {
		var item struct {
			Name string `json:"name" binding:"required"`
		}
		if c.BindJSON(&item) == nil {
			c.String(http.StatusCreated, item.Name)
		}
	})
	router.GET("/stream", stream)
	router.GET("/zipped", gzip.Gzip(gzip.DefaultCompression), stream)
	router.GET("/sse", gin.WrapF(serveSSE))
	router.GET("/socket", gin.WrapF(serveSocket))
	router.GET("/panic", func(*gin.Context) { panic("sorry") })
	router.GET("/moved", func(c *gin.Context) { c.Redirect(http.StatusFound, "/items/1") })
	router.GET("/empty", func(c *gin.Context) { c.Status(http.StatusNoContent) })
	return router
}
