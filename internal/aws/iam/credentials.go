// Package iam is AWS Identity and Access Management: credentials, and what the policies of
// a role allow.
package iam

import "crypto/rand"

// Credentials sign requests, those of a role or of a user. Those of this project are made up.
type Credentials struct {
	AccessKey string
	SecretKey string
	Token     string // "" for the credentials of a user
}

// NewCredentials makes up temporary credentials, such as a role has.
func NewCredentials() Credentials {
	return Credentials{
		AccessKey: "ASIA" + rand.Text()[:16],
		SecretKey: rand.Text() + rand.Text()[:14],
		Token:     "local-" + rand.Text() + rand.Text(),
	}
}
