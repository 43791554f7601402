-- Asks Latchkey about each call that comes to HAProxy, and makes of the call what may go on (see haproxy.cfg).

local path = "/latchkey/v1/forward-auth/haproxy"
local timeout_ms = 10000

-- What Latchkey is told of a call besides method, URI, host and caller.
local told = { "authorization", "x-access-token", "user-agent", "x-request-id", "referer" }

-- What goes from Latchkey's answer to the upstream, in place of what the caller may have written.
local for_upstream = {
  "x-correlation-id", "x-latchkey-account", "x-latchkey-key", "x-latchkey-key-name", "x-latchkey-environment",
  "x-latchkey-scopes",
}

-- What goes to the caller, by haproxy.cfg.
local for_caller = {
  ["x-correlation-id"] = "txn.latchkey_call",
  ["latchkey-secret-retires"] = "txn.latchkey_retires",
  ["deprecation"] = "txn.latchkey_deprecation",
  ["sunset"] = "txn.latchkey_sunset",
  ["link"] = "txn.latchkey_link",
  ["x-latchkey-cache-control"] = "txn.latchkey_cache_control",
}

-- Credentials, what would have a server act on another call than the one that was judged, and what only a proxy may say.
local ends_here = {
  ["authorization"] = true, ["x-access-token"] = true, ["x-correlation-id"] = true,
  ["x-http-method"] = true, ["x-http-method-override"] = true, ["x-method-override"] = true, ["x-rewrite-url"] = true,
  ["forwarded"] = true, ["forwarded-for"] = true, ["x-real-ip"] = true, ["x-client-ip"] = true, ["client-ip"] = true,
  ["true-client-ip"] = true, ["cf-connecting-ip"] = true, ["x-host"] = true,
}
local ends_here_beginnings = { "x-latchkey-", "x-forwarded", "x-original-" }

-- These belong to the connection, or are written anew with the body.
local of_one_hop = { ["connection"] = true, ["keep-alive"] = true, ["transfer-encoding"] = true, ["content-length"] = true }

local unavailable = '{"status":"error","category":"UNAVAILABLE","reason":"STORE_UNAVAILABLE","message":"Keys cannot be checked at the moment. Nothing was forwarded; try again shortly.","errors":[]}'

local function ends(name)
  -- Some servers read `X_Latchkey_Key` as `X-Latchkey-Key`.
  local spelled = name:lower():gsub("[^a-z0-9]", "-")
  if ends_here[spelled] then return true end
  for _, beginning in ipairs(ends_here_beginnings) do
    if spelled:sub(1, #beginning) == beginning then return true end
  end
  return false
end

-- HAProxy counts the values of a header from 0.
local function values_of(headers, name)
  local values = {}
  local found = headers[name]
  local i = 0
  while found ~= nil and found[i] ~= nil do
    values[#values + 1] = found[i]
    i = i + 1
  end
  return values
end

local function question_of(txn, headers)
  local asked = {}
  for _, name in ipairs(told) do
    local values = values_of(headers, name)
    -- Repeated lines stay repeated: a credential that comes twice is for Latchkey to refuse.
    if #values > 0 then asked[name] = values end
  end
  asked["x-forwarded-method"] = { txn.f:method() }
  asked["x-forwarded-uri"] = { txn.f:pathq() }
  local host = values_of(headers, "host")[1]
  if host ~= nil then asked["x-forwarded-host"] = { host } end
  local way = values_of(headers, "x-forwarded-for")
  way[#way + 1] = txn.f:src()
  asked["x-forwarded-for"] = { table.concat(way, ", ") }
  return asked
end

local function answer(txn, status, headers, body)
  local reply = txn:reply()
  reply:set_status(status)
  for name in pairs(headers) do
    if not of_one_hop[name] then
      for _, value in ipairs(values_of(headers, name)) do reply:add_header(name, value) end
    end
  end
  reply:set_body(body)
  txn:done(reply)
end

local function refuse(txn)
  local headers = {
    ["content-type"] = { [0] = "application/json; charset=utf-8" },
    ["cache-control"] = { [0] = "no-store" },
  }
  answer(txn, 503, headers, unavailable)
end

-- What a caller names in Connection the next server would drop, and be it who called. Only an upgrade is meant for it.
local function keep_upgrade_alone(txn, headers)
  local wanted = table.concat(values_of(headers, "connection"), ","):lower()
  if wanted:find("upgrade", 1, true) then
    txn.http:req_set_header("connection", "upgrade")
  else
    txn.http:req_del_header("connection")
  end
end

local function let_pass(txn, headers, admitted)
  for name in pairs(headers) do
    if ends(name) then txn.http:req_del_header(name) end
  end
  keep_upgrade_alone(txn, headers)
  for _, name in ipairs(for_upstream) do
    local value = values_of(admitted, name)[1]
    if value ~= nil then txn.http:req_set_header(name, value) end
  end
  for name, variable in pairs(for_caller) do
    local value = values_of(admitted, name)[1]
    if value ~= nil then txn:set_var(variable, value) end
  end
  -- What was judged, byte for byte: as it came, or without its hapikey.
  local uri = values_of(admitted, "x-latchkey-uri")[1]
  if uri ~= nil then txn.http:req_set_uri(uri) end
end

core.register_action("latchkey", { "http-req" }, function(txn, latchkey)
  local headers = txn.http:req_get_headers()
  local asking = core.httpclient()
  local asked = { url = "http://" .. latchkey .. path, headers = question_of(txn, headers), timeout = timeout_ms }
  local went_well, response = pcall(function() return asking:get(asked) end)
  -- Whatever did not come from Latchkey, such as HAProxy's own word that it is away, has no correlation id.
  if not went_well or response == nil or values_of(response.headers or {}, "x-correlation-id")[1] == nil then
    return refuse(txn)
  end
  if response.status ~= 200 then return answer(txn, response.status, response.headers, response.body) end
  let_pass(txn, headers, response.headers)
end, 1)
