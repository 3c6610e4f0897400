-- POST /user, a new person each time; arguments: a prefix of addresses that was not used before, and a token or nothing.
local zones = {"UTC", "Europe/Paris", "America/New_York", "Asia/Tokyo", "Asia/Kolkata", "America/Sao_Paulo"}
local prefix, count = "", 0
local headers = {["Content-Type"] = "application/json"}
local body = '{"firstName":"Ada","lastName":"Lovelace","email":"%s.%d@example.org","birthdayDate":"19%02d-%02d-%02d","timezone":"%s"}'

function init(arguments)
  prefix = arguments[1]
  if arguments[2] then headers["Authorization"] = "Bearer " .. arguments[2] end
end

function request()
  count = count + 1
  local day = string.format(body, prefix, count, count % 100, count % 12 + 1, count % 28 + 1, zones[count % #zones + 1])
  return wrk.format("POST", "/user", headers, day)
end
