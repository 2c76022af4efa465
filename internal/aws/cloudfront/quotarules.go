package cloudfront

import "github.com/streamfront/streamfront/internal/template"

// overQuota finds what a distribution may have once AWS has raised a quota of the account.
func overQuota(d *Distribution, r *template.Report) {
	config := d.At("DistributionConfig")
	for _, q := range []struct {
		of     string
		n, max int
	}{
		{"CacheBehaviors", len(d.Behaviors) - 1, quotaBehaviors},
		{"Origins", len(d.Origins), quotaOrigins},
		{"Aliases", len(d.Aliases.Items), quotaAliases},
	} {
		if q.n > q.max {
			r.Note(config.At(q.of), "has %d: CloudFront accepts %d unless the account's quota was raised", q.n, q.max)
		}
	}
}

func longReadTimeout(o *Origin, r *template.Report) {
	if seconds := int(o.ReadTimeout.V.Seconds()); o.ReadTimeout.Known() && seconds > quotaReadTimeout {
		r.Note(o.ReadTimeout.Place, "is %d s: CloudFront accepts %d unless the account's quota was raised", seconds, quotaReadTimeout)
	}
}
