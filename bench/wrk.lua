-- What wrk is told beyond its options, by two variables of the environment, and what it tells back.

-- Of which cookies (a file, one a line) to send another one with each request.
local cookies = os.getenv("BENCH_COOKIES")
-- The form to send with each request.
local body = os.getenv("BENCH_BODY")

if body then
  wrk.method = "POST"
  wrk.body = body
end

if cookies then
  local requests = {}
  function init()
    for cookie in io.lines(cookies) do
      wrk.headers["Cookie"] = cookie
      table.insert(requests, wrk.format())
    end
  end
  function request()
    return requests[math.random(#requests)]
  end
end

-- The last line of the output; latencies in microseconds.
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "duration": %d, "median": %d, "p99": %d, "longest": %d, ' ..
      '"refused": %d, "broken": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    latency.max, errors.status, errors.connect + errors.read + errors.write + errors.timeout
  ))
end
