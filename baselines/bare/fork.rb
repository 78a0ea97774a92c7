# frozen_string_literal: true

# The bare loop: fork, render, send what came out through a pipe, wait. Several
# processes do so at once. ARGV is how many seconds and
# processes, SOURCE in the environment the template. Prints what it did as JSON.
require "haml"
require "json"
require "tilt"

SOURCE = ENV.fetch("SOURCE")
SECONDS = Float(ARGV.fetch(0))
PROCESSES = Integer(ARGV.fetch(1))

def now
  Process.clock_gettime(Process::CLOCK_MONOTONIC)
end

def render
  Haml::Template.new { SOURCE }.render
end

# One compile in a process of its own.
def compile
  reader, writer = IO.pipe
  child = fork do
    writer.write(render)
    exit!(0)
  end
  writer.close
  output = reader.read
  reader.close
  Process.wait(child)
  output
end

EXPECTED = render
3.times { render }
GC.start
GC.compact

loops = Array.new(PROCESSES) do
  reader, writer = IO.pipe
  child = fork do
    reader.close
    times = []
    finish = now + SECONDS
    while (began = now) < finish
      abort "a child rendered something else" if compile != EXPECTED
      times << now - began
    end
    writer.write(Marshal.dump(times))
    exit!(0)
  end
  writer.close
  [child, reader]
end
times = loops.flat_map do |child, reader|
  part = Marshal.load(reader.read)
  Process.wait(child)
  part
end.sort
puts JSON.generate(
  rate: times.size / SECONDS, p50_ms: times[times.size / 2] * 1000, p99_ms: times[times.size * 99 / 100] * 1000
)
