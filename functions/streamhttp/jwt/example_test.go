package jwt_test

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"

	"github.com/streamfront/streamfront/functions/streamhttp"
	"github.com/streamfront/streamfront/functions/streamhttp/jwt"
)

func Example() {
	authorizer, err := jwt.New(jwt.Config{
		Issuer:   "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Abc123",
		Audience: []string{"1example23456789"}, // the app client
		TokenUse: "access",
	})
	if err != nil {
		log.Fatal(err)
	}
	greet := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var user struct{ Sub string }
		claims, _ := streamhttp.Claims(r.Context())
		if err := json.Unmarshal(claims, &user); err != nil {
			http.Error(w, "odd claims", http.StatusInternalServerError)
			return
		}
		_, _ = fmt.Fprintf(w, "Hello, %s\n", user.Sub)
	})
	http.Handle("/hello", authorizer.Handler(greet, "chat"))
	if err := streamhttp.Serve(nil); err != nil {
		log.Fatal(err)
	}
}
