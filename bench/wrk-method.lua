-- The method to call with, and a body if it takes one, stand after `--` on the command line.
function init(args)
  wrk.method = args[1]
  wrk.body = args[2]
end
