-- What wrk found, as one line of JSON; put behind a script by wrk.py.

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local line = '{"requests": %d, "seconds": %.6f, "failed": %d, "p50": %.6f, "p95": %.6f, "p99": %.6f, "max": %.6f}\n'
  local ms = function(share) return latency:percentile(share) / 1000 end
  io.write(string.format(line, summary.requests, summary.duration / 1e6, failed, ms(50), ms(95), ms(99), latency.max / 1000))
end
