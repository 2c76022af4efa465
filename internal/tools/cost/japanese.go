package cost

import (
	"fmt"
	"strings"
)

// Japanese compares the doors in the region of Tokyo, for readers of Japanese.
func Japanese(w Workload) string {
	var b strings.Builder
	fmt.Fprintf(&b, "前提: 月 %s リクエスト、リクエスト %s、レスポンス %s、1 回 %v 秒、メモリ %v MB (arm64)、WebSocket API では 1 回 %v メッセージ。東京リージョン (%s):\n\n",
		count(w.Requests), size(w.In), size(w.Out), w.Seconds, w.Memory, w.Messages, tokyo)
	b.WriteString("| 構成 | 月額 (USD) | 100 万リクエスト追加ごと (USD) | ストリーミング 1,000 分追加ごと (USD) |\n|---|---:|---:|---:|\n")
	for _, d := range doors {
		each := d.each(w, tokyo)
		fmt.Fprintf(&b, "| %s | %.2f | %.2f | %.3f |\n", japanese[d.name], d.month(tokyo)+each, each/w.Requests*million, 1000*d.minute(w, tokyo))
	}
	first, tasks := doors[0], doors[len(doors)-1]
	large := w
	large.Memory = 4 * w.Memory
	fmt.Fprintf(&b, "\n東京では、月 %s リクエストを超えると、先頭の構成より ECS タスク 2 つのほうが安くなります (メモリ %v MB の関数では %s。2 つのタスクで処理できる範囲に限ります)。\n",
		count(round(breakEven(first, tasks, w, tokyo))), large.Memory, count(round(breakEven(first, tasks, large, tokyo))))
	b.WriteString("\n| 単価 | 単位 | 東京 (USD) | 情報源 |\n|---|---|---:|---|\n")
	for _, p := range prices {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", japanese[p.item], japanese[p.unit], number(p.tokyo), japanese[p.known])
	}
	return b.String()
}

// japanese has the names of doors and prices, their units and sources.
var japanese = map[string]string{
	"CloudFront, function URL, signer":             "CloudFront + 関数 URL (Lambda@Edge がハッシュを計算)",
	"CloudFront, function URL, hash by the client": "CloudFront + 関数 URL (クライアントがハッシュを送信)",
	"function URL":                          "関数 URL のみ",
	"REST API, streamed":                    "REST API (ストリーミング)",
	"HTTP API":                              "HTTP API",
	"WebSocket API":                         "WebSocket API",
	"load balancer, Lambda":                 "ALB + Lambda",
	"load balancer, two tasks of 0.25 vCPU": "ALB + ECS (0.25 vCPU のタスク 2 つ)",

	"CloudFront, data out, first 10 TB":         "CloudFront からのデータ転送 (最初の 10 TB)",
	"CloudFront, HTTPS requests":                "CloudFront の HTTPS リクエスト",
	"CloudFront, bodies to the origin":          "CloudFront からオリジンへのデータ転送",
	"CloudFront Functions":                      "CloudFront Functions",
	"Lambda@Edge, requests":                     "Lambda@Edge のリクエスト",
	"Lambda@Edge, duration":                     "Lambda@Edge の実行時間",
	"Lambda, duration, arm64":                   "Lambda の実行時間 (arm64)",
	"Lambda, requests":                          "Lambda のリクエスト",
	"data out of the region, first 10 TB":       "リージョンからのデータ転送 (最初の 10 TB)",
	"REST API, requests; streams by 10 MB each": "REST API のリクエスト (ストリームは 10 MB ごと)",
	"HTTP API, requests; by 512 KB each":        "HTTP API のリクエスト (512 KB ごと)",
	"WebSocket API, messages; by 32 KB each":    "WebSocket API のメッセージ (32 KB ごと)",
	"WebSocket API, connections":                "WebSocket API の接続時間",
	"load balancer":                             "ALB",
	"load balancer, capacity unit":              "ALB の LCU",
	"Fargate, vCPU, arm64":                      "Fargate の vCPU (arm64)",
	"Fargate, memory, arm64":                    "Fargate のメモリ (arm64)",
	"public IPv4 address":                       "パブリック IPv4 アドレス",

	"GB": "GB", "GB-s": "GB 秒", "million": "100 万", "million minutes": "100 万分", "hour": "時間", "GB-hour": "GB 時間",

	"copy of the price page, before 2026-11-28": "料金ページのコピー (2026-11-28 以前)",
	"2026-06; Tokyo memory":                     "2026-06。東京は記憶に基づく値",
	"memory; Tokyo field report":                "記憶に基づく値。東京はユーザーの報告",
	"memory":                                    "記憶に基づく値",
	"list of 2021-11":                           "2021-11 の価格表",
	"list of 2025":                              "2025 年の価格表",
	"documentation":                             "公式ドキュメント",
	"2026-09-20":                                "2026-09-20",
	"2026-09-20; Tokyo memory":                  "2026-09-20。東京は記憶に基づく値",
	"list of 2026-08-27":                        "2026-08-27 の価格表",
	"2026-09-23":                                "2026-09-23",
}
