#!/bin/sh
# Rendered by `plimsoll render` from the budgets of platform; change those instead.
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
reaches warning alertname=HighLatency severity=warning service=platform budget=latency
reaches warning alertname=LowThroughput severity=warning service=platform 'budget=steady throughput'
reaches warning alertname=HighErrorRate severity=warning service=platform budget=errors
reaches critical alertname=APIDown severity=critical service=platform budget=instances
reaches warning alertname=LowDatabaseCacheHitRate severity=warning service=platform 'budget=database cache'
reaches warning alertname=LowCacheHitRate severity=warning service=platform budget=cache
reaches warning alertname=RedisMemoryHigh severity=warning service=platform 'budget=redis memory'
reaches warning alertname=HighDatabaseConnections severity=warning service=platform 'budget=database connections'
reaches warning alertname=SlowQueries severity=warning service=platform budget=queries
reaches critical alertname=HighMemoryUsage severity=critical service=platform budget=memory
reaches warning alertname=HighCPUUsage severity=warning service=platform budget=cpu
reaches critical alertname=DiskSpaceLow severity=critical service=platform budget=disk
reaches critical alertname=ErrorBudgetBurn severity=critical service=platform budget=latency
reaches warning alertname=ErrorBudgetBurn severity=warning service=platform budget=latency
reaches critical alertname=ErrorBudgetBurn severity=critical service=platform budget=availability
reaches warning alertname=ErrorBudgetBurn severity=warning service=platform budget=availability
echo "every alert reaches its receiver"
