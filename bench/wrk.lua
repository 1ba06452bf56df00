-- The script of wrk: reads two environment variables, prints the result as JSON.

-- A file of cookies, one a line; each request sends the next one.
local cookies = os.getenv("BENCH_COOKIES")
-- The body of a form that each request sends, with a number at its end: the site would recognize
-- a form that is sent twice, and answer it without a hash. The requests come from 64 networks: one
-- alone gets a quarter of the hash queue.
local body = os.getenv("BENCH_BODY")

if body then
  wrk.method = "POST"
  local number = 0
  function request()
    number = number + 1
    wrk.headers["X-Forwarded-For"] = "198.51.100." .. number % 64
    return wrk.format(nil, nil, nil, body .. number)
  end
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
