-- GET /user/{id}, one after the other; arguments: a file of ids, one a line, and a token or nothing.
local requests, count = {}, 0

function init(arguments)
  local headers = {}
  if arguments[2] then headers["Authorization"] = "Bearer " .. arguments[2] end
  for id in io.lines(arguments[1]) do
    requests[#requests + 1] = wrk.format("GET", "/user/" .. id, headers)
  end
end

function request()
  count = count + 1
  return requests[count % #requests + 1]
end
