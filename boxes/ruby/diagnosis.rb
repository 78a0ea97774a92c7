# frozen_string_literal: true

module Adapters
  # What compile returns that has something to say about what it made, the
  # warnings being diagnostics. Without any a plain string does.
  Output = Struct.new(:text, :warnings)
end

# Turns what a template raised into one diagnostic: a message of one line and
# a position in the template. An exception is an object of the job's own
# making: every method of it may raise, lie or never return. What raises is
# survived here, what lies is the job's own loss, what hangs meets the deadline.
module Diagnosis
  # What Tilt calls the template in messages and backtraces.
  FILE = "input"

  ERROR = 0
  WARNING = 1
  # The file of a diagnostic: the source itself, and not one of the job's files.
  SOURCE = ""
  UNKNOWN = 0
  MESSAGE_BYTES = 8 * 1024
  NAME_BYTES = 128

  # Paths of the box's own files say nothing to a caller.
  BOX_PATH = %r{(?<![\w.:/@+-])(?:/usr/lib|/usr/share/rubygems-integration|/fumehood)(?:/[\w.+@-]+)*/([\w.+@-]+)}
  CONTROL = /\e\[[\d;]*[A-Za-z]|[\u0000-\u0008\u000b-\u001f\u007f]/
  # How Ruby opens the message of a syntax error.
  RUBY_SYNTAX = /\A(?:#{FILE}|<compiled>|\(eval[^)]*\)):(\d+): ?(.*)/

  # Kept from before any job ran: a job may redefine them on its own classes.
  LOCATIONS = Exception.instance_method(:backtrace_locations)
  BACKTRACE = Exception.instance_method(:backtrace)
  CLASS_OF = Kernel.instance_method(:class)

  module_function

  def warning(text, line:, file: SOURCE)
    [WARNING, line || UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, file, "", clean(text)]
  end

  # position: a [line, column] that the engine itself gave, or nil. otherwise:
  # the line to name when no frame of the backtrace is the template's.
  def of(error, message: nil, position: nil, otherwise: nil)
    text = message || message_of(error)
    if (message || error.is_a?(SyntaxError)) && (found = RUBY_SYNTAX.match(text))
      position ||= [found[1].to_i, UNKNOWN]
      text = found[2]
    end
    line, column = position || [line_of(error), UNKNOWN]
    line = otherwise if line == UNKNOWN && otherwise
    [ERROR, line, column, UNKNOWN, UNKNOWN, SOURCE, name_of(error), clean(text)]
  end

  # How long a text of Ruby's characters is in UTF-16.
  def units(text)
    text.encode(Encoding::UTF_16LE).bytesize / 2
  end

  def clean(text)
    text = text.dup.force_encoding(Encoding::UTF_8).scrub("\uFFFD").gsub(CONTROL, "")
    line = text.each_line.map(&:strip).find { |l| !l.empty? } || ""
    line.gsub(BOX_PATH, '\1').byteslice(0, MESSAGE_BYTES).scrub("")
  end

  def message_of(error)
    text = error.message
    text.is_a?(String) && !text.strip.empty? ? text : name_of(error)
  rescue NoMemoryError
    raise
  rescue Exception # rubocop:disable Lint/RescueException
    name_of(error)
  end

  def name_of(error)
    name = CLASS_OF.bind_call(error).name
    name.is_a?(String) ? clean(name.delete_prefix("Adapters::")).byteslice(0, NAME_BYTES).scrub("") : "Exception"
  rescue Exception # rubocop:disable Lint/RescueException
    "Exception"
  end

  # The innermost frame that is the template's own.
  def line_of(error)
    locations = LOCATIONS.bind_call(error)
    return locations.find { |l| l.path == FILE }&.lineno || UNKNOWN if locations

    frames = BACKTRACE.bind_call(error) || []
    frames.each { |f| return $1.to_i if f =~ /\A#{FILE}:(\d+)/ }
    UNKNOWN
  end
end
