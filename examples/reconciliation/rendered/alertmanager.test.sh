#!/bin/sh
# Rendered by `plimsoll render` from the budgets of reconciliation; change those instead.
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
reaches warning alertname=HighLatency severity=warning service=reconciliation budget=latency
reaches warning alertname=LowThroughput severity=warning service=reconciliation budget=throughput
reaches warning alertname=HighErrorRate severity=warning service=reconciliation 'budget=error rate'
reaches critical alertname=APIDown severity=critical service=reconciliation budget=instances
reaches warning alertname=PoolBusy severity=warning service=reconciliation budget=pool
reaches warning alertname=SlowQueries severity=warning service=reconciliation budget=queries
reaches warning alertname=InstanceMemoryHigh severity=warning service=reconciliation 'budget=memory per instance'
reaches critical alertname=HighMemoryUsage severity=critical service=reconciliation budget=memory
reaches warning alertname=HighCPUUsage severity=warning service=reconciliation budget=cpu
reaches critical alertname=DiskSpaceLow severity=critical service=reconciliation budget=disk
reaches warning alertname=SatisfactionLow severity=warning service=reconciliation budget=satisfaction
reaches warning alertname=CompletionLow severity=warning service=reconciliation budget=completion
reaches warning alertname=AccuracyLow severity=warning service=reconciliation budget=accuracy
reaches critical alertname=ErrorBudgetBurn severity=critical service=reconciliation budget=latency
reaches warning alertname=ErrorBudgetBurn severity=warning service=reconciliation budget=latency
reaches critical alertname=ErrorBudgetBurn severity=critical service=reconciliation budget=availability
reaches warning alertname=ErrorBudgetBurn severity=warning service=reconciliation budget=availability
echo "every alert reaches its receiver"
