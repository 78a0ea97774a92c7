# frozen_string_literal: true

# Finds the line of a Ruby syntax error in a Haml page. Ruby reads the whole
# compiled page, so that it notices an open bracket only where the page ends;
# reading the page's pieces of Ruby one by one shows which is broken.
class HamlRuby
  # What a piece may need around it to be whole: a block's end, or the
  # beginning that an else, when or rescue belongs to.
  FRAMES = ["%s", "%s\nend", "if 1\n%s\nend", "%s\nwhen 1\nend", "case 1\n%s\nend", "begin\n%s\nend"].freeze

  # A piece stands in a method, and may stand in a loop.
  SURROUNDINGS = "def page\nwhile 1\n%s\nend\nend"

  def initialize(source)
    @root = Haml::Parser.new({}).call(source)
  end

  # The 1-based line of the first broken piece and Ruby's words about it, or
  # nil when every piece is whole by itself.
  def first_error
    @root.respond_to?(:children) ? search(@root) : nil
  end

  private

  def search(node)
    pieces(node).each do |ruby, line|
      message = complaint(ruby)
      return [line, message] if message
    end
    node.children.each do |child|
      found = search(child)
      return found if found
    end
    nil
  end

  # [Ruby, line] of each piece of a node.
  def pieces(node)
    value = node.value
    case node.type
    when :script, :silent_script then [[value[:text], node.line]]
    when :tag then tag_pieces(value, node.line)
    when :filter then value[:name] == "ruby" ? lines_of(value[:text], node.line + 1) : []
    else []
    end
  end

  def tag_pieces(value, line)
    attributes = value[:dynamic_attributes]
    pieces = []
    pieces << ["f(#{attributes.old})", line] if attributes&.old
    pieces << [attributes.new, line] if attributes&.new
    pieces << [value[:value], line] if value[:parse]
    pieces
  end

  # Of a text of several lines the shortest broken beginning tells the line,
  # unless only the whole is broken: then it is the line where it began to be.
  def lines_of(text, first)
    return [] unless complaint(text)

    lines = text.lines
    sound = lines.size.downto(1).find { |n| complaint(lines.first(n).join).nil? } || 0
    [[lines.drop(sound).join, first + [sound, lines.size - 1].min]]
  end

  def complaint(ruby)
    errors = FRAMES.map { |frame| error_in(format(SURROUNDINGS, format(frame, ruby))) }
    errors.include?(nil) ? nil : errors.first
  end

  def error_in(ruby)
    RubyVM::InstructionSequence.compile(ruby)
    nil
  rescue SyntaxError => e
    e.message
  end
end
