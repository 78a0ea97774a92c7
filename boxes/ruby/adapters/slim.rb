# frozen_string_literal: true

# Slim, by the ruby-slim package.
module Adapters
  module Slim
    NAME = "slim"
    ENGINE = "slim"

    # An embedded engine opens a line with its name and a colon.
    EMBEDDED = /\A\s*(?:textile|rdoc|coffee|less|sass|scss)\b.*:\s*\z/

    module_function

    def preload
      require "slim"
      require "tilt/kramdown"
      Tilt.register(Tilt::KramdownTemplate, "markdown")
      %i[textile rdoc coffee less sass scss].each { |name| ::Slim::Embedded.register(name, Unavailable) }
      ::Slim::Engine.extend(ReadyEngine)
    end

    def make_ready
      [{}, { pretty: true }].each { |options| ::Slim::Engine.make_ready(::Slim::Template, options) }
    end

    def version
      ::Slim::VERSION
    end

    def compile(source, options, locals, _files)
      ::Slim::Template.new(Diagnosis::FILE, 1, engine_options(options)) { source }.render(SCOPE, locals)
    rescue EngineNotFound => e
      e.line = 1 + (source.lines.index { |l| EMBEDDED.match?(l) } || 0)
      raise
    end

    def diagnose(error, _source)
      case error
      when ::Slim::Parser::SyntaxError
        # Slim counts characters, and from 0.
        column = Diagnosis.units(error.line[0, error.column]) + 1
        Diagnosis.of(error, message: error.error, position: [error.lineno, column])
      when EngineNotFound
        Diagnosis.of(error, position: [error.line, Diagnosis::UNKNOWN])
      else
        Diagnosis.of(error)
      end
    end

    # What people usually write.
    def page
      <<~'SLIM'
        doctype html
        html lang="en"
          head
            meta charset="utf-8"
            title Page
            / A note
          body
            #main.content.wide
              h1 = "Page"
              a.link href="/" title="home" home
              ul#list
                - %w[a b].each_with_index do |name, i|
                  - if i > 0
                    li.item = name
                  - else
                    li.item class="first" #{i}: #{name}
              - 2.times do |i|
                b = i + 1
              img src="a.png" alt=""
              p
                | Text and
                = 1 + 2
      SLIM
    end

    def samples
      [
        "p hii\n",
        "doctype html\na.b#c href='/' data-x=1 = 1 + 1\n- 2.times do |i|\n  li = i\n/! note\n",
        "markdown:\n  # t\n  *a* `b`\njavascript:\n  f()\ncss:\n  g{}\n",
        "p\n    b\n  i\n",
        "p = (\n",
        "- raise 'x'\n",
        "scss:\n  a{}\n",
      ]
    end

    def engine_options(options)
      known = {}
      known[:format] = options["format"].to_sym if options.key?("format")
      known[:attr_quote] = options["attr_quote"] if options.key?("attr_quote")
      %w[pretty sort_attrs tabsize disable_escape].each do |name|
        known[name.to_sym] = options[name] if options.key?(name)
      end
      known
    end

    class EngineNotFound < StandardError
      attr_accessor :line
    end

    # Stands in for an embedded engine that lives in another box. Temple's
    # filters know no line numbers; compile finds the line.
    class Unavailable
      def self.define_options(*); end

      def initialize(_options); end

      def on_slim_embedded(name, _body, _attributes)
        raise EngineNotFound, "The #{name} engine is not available here: compile it as a request of its own"
      end
    end
  end
end
