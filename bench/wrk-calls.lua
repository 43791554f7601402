-- Behind `--` on the command line stand the method to call with, a body or nothing, and a file with a value on each line or nothing:
-- the calls hold each value in turn, where `{}` stands in a header or in the body.
function init(args)
  wrk.method = args[1]
  if args[2] ~= "" then wrk.body = args[2] end
  if args[3] == "" then return end
  local calls = {}
  for value in io.lines(args[3]) do
    local headers = {}
    for name, text in pairs(wrk.headers) do headers[name] = text:gsub("{}", value) end
    local body = wrk.body and wrk.body:gsub("{}", value)
    calls[#calls + 1] = wrk.format(wrk.method, nil, headers, body)
  end
  local place = 0
  function request()
    place = place % #calls + 1
    return calls[place]
  end
end
