-- The method to call with stands after `--` on the command line.
function init(args)
  wrk.method = args[1]
end
