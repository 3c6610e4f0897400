#!/bin/sh
# Rendered by `plimsoll render` from the budgets of natalis; change those instead.
# Asks amtool whether every alert reaches its receiver: sh alertmanager.test.sh [CONFIGURATION]
set -eu
configuration=${1:-$(dirname "$0")/alertmanager.yaml}
amtool check-config "$configuration" >/dev/null
reaches() {
  receiver=$1
  shift
  if ! found=$(amtool config routes test --config.file="$configuration" --verify.receivers="$receiver" "$@" 2>&1); then
    echo "not $receiver: $* - $found" >&2
    exit 1
  fi
}
reaches warning alertname=HighLatency severity=warning service=natalis budget=latency
reaches warning alertname=HighErrorRate severity=warning service=natalis budget=errors
reaches critical alertname=APIDown severity=critical service=natalis budget=instances
reaches warning alertname=SlowQueries severity=warning service=natalis 'budget=slow queries'
reaches warning alertname=HighDatabaseConnections severity=warning service=natalis 'budget=database connections'
reaches warning alertname=ReplicaLag severity=warning service=natalis 'budget=replica lag'
reaches critical alertname=HighMemoryUsage severity=critical service=natalis budget=memory
reaches warning alertname=HighCPUUsage severity=warning service=natalis budget=cpu
reaches critical alertname=DiskSpaceLow severity=critical service=natalis budget=disk
reaches warning alertname=LowCacheHitRate severity=warning service=natalis 'budget=cache hits'
reaches warning alertname=RedisMemoryHigh severity=warning service=natalis 'budget=redis memory'
reaches warning alertname=HighQueueDepth severity=warning service=natalis 'budget=queue depth'
reaches critical alertname=QueueProcessingStalled severity=critical service=natalis 'budget=queue stalled'
reaches warning alertname=DeliveriesLate severity=warning service=natalis budget=late
reaches critical alertname=DeliveriesMissed severity=critical service=natalis budget=missed
reaches warning alertname=DeadLetters severity=warning service=natalis 'budget=dead letters'
reaches warning alertname=BreakerOpen severity=warning service=natalis budget=breaker
reaches critical alertname=ErrorBudgetBurn severity=critical service=natalis budget=latency
reaches warning alertname=ErrorBudgetBurn severity=warning service=natalis budget=latency
reaches critical alertname=ErrorBudgetBurn severity=critical service=natalis budget=availability
reaches warning alertname=ErrorBudgetBurn severity=warning service=natalis budget=availability
reaches critical alertname=ErrorBudgetBurn severity=critical service=natalis budget=late
reaches warning alertname=ErrorBudgetBurn severity=warning service=natalis budget=late
echo "every alert reaches its receiver"
