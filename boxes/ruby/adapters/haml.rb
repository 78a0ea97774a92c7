# frozen_string_literal: true

require_relative "haml_ruby"

# Haml, by the ruby-haml package. Filters run inside: :markdown through
# kramdown; :sass, :scss, :less and :coffee are languages of other boxes.
module Adapters
  module Haml
    NAME = "haml"
    ENGINE = "haml"
    ELSEWHERE = %i[sass scss less coffee coffeescript].freeze

    COUNTED_FROM_1 = /\A(?:Invalid tag|Unbalanced brackets)/

    class << self
      # The line of the filter that failed, if one did.
      attr_accessor :failed_at
    end

    module_function

    def preload
      require "haml"
      require "tilt/erb"
      require "tilt/kramdown"
      Tilt.register(Tilt::KramdownTemplate, "markdown")
      Tilt.register(Tilt::ERBTemplate, "erb")
      ELSEWHERE.each { |name| ::Haml::Filters.registered[name] = Unavailable }
      ::Haml::Filters.prepend(FilterLine)
      ::Haml::Filters::TiltBase.prepend(AllLoaded)
      ::Haml::Compiler.prepend(RaiseAtOnce)
      ::Haml::Engine.extend(ReadyEngine)
    end

    def make_ready
      [{}, { escape_html: false }].each { |options| ::Haml::Engine.make_ready(::Haml::Template, options) }
    end

    def version
      ::Haml::VERSION
    end

    def compile(source, options, locals, _files)
      Haml.failed_at = nil
      ::Haml::Template.new(Diagnosis::FILE, 1, engine_options(options)) { source }.render(SCOPE, locals)
    end

    def diagnose(error, source)
      case error
      when ::Haml::Error
        return in_ruby(error, source) unless error.line

        Diagnosis.of(error, position: [line_of(error), Diagnosis::UNKNOWN])
      when ::SyntaxError
        in_ruby(error, source)
      else
        Diagnosis.of(error, otherwise: Haml.failed_at)
      end
    end

    # Haml counts lines from 0, but for two of its errors.
    def line_of(error)
      error.message.match?(COUNTED_FROM_1) ? error.line : error.line + 1
    end

    def in_ruby(error, source)
      line, message = HamlRuby.new(source).first_error
      Diagnosis.of(error, message: message, position: line && [line, Diagnosis::UNKNOWN])
    end

    # What people usually write.
    def page
      <<~'HAML'
        !!!
        %html{lang: "en"}
          %head
            %meta{charset: "utf-8"}
            %title Page
            -# A note
          %body
            #main.content.wide
              %h1= "Page"
              %a.link{href: "/", title: "home", data: {id: 1}} home
              %ul#list
                - %w[a b].each_with_index do |name, i|
                  - if i > 0
                    %li.item= name
                  - else
                    %li.item{class: "first"} #{i}: #{name}
              - 2.times do |i|
                %b= i + 1
              %img{src: "a.png", alt: ""}/
              / A comment
              %p
                Text and
                = 1 + 2
      HAML
    end

    def samples
      [
        "%p hii\n",
        "!!!\n%a.b#c{href: '/', 'data-x' => 1}= 1 + 1\n- 2.times do |i|\n  %li= i\n/ note\n",
        ":markdown\n  # t\n  *a* `b` [c](d)\n\n  - e\n:javascript\n  f()\n:css\n  g{}\n:erb\n  <%= 1 %>\n",
        ":markdown\n  $$x$$ and[^1]\n\n  ~~~ ruby\n  x\n  ~~~\n\n  | a | b |\n\n  [^1]: note\n\n  * toc\n  {:toc}\n\n  <div>*x*</div> \"q\" -- &amp;\n",
        "%p\n      %b too deep\n   %i\n",
        "%p= (\n",
        "- raise 'x'\n",
        ":scss\n  a{}\n",
        "%p{a: nope}\n",
      ]
    end

    def engine_options(options)
      known = {}
      known[:format] = options["format"].to_sym if options.key?("format")
      known[:attr_quote] = options["attr_quote"] if options.key?("attr_quote")
      known[:autoclose] = options["autoclose"] if options.key?("autoclose")
      %w[escape_html escape_attrs remove_whitespace].each do |name|
        known[name.to_sym] = options[name] if options.key?(name)
      end
      known
    end

    # Stands in for a filter whose compiler lives in another box.
    class Unavailable < ::Object
      def initialize(_options); end

      def compile(node)
        name = node.value[:name]
        raise ::Haml::FilterNotFound.new(
          "The :#{name} filter is not available here: compile it as a request of its own", node.line.to_i - 1
        )
      end
    end

    # What a filter's own compiler raises knows no line of the page.
    module FilterLine
      def compile(node)
        super
      rescue ::Exception # rubocop:disable Lint/RescueException
        Adapters::Haml.failed_at ||= node.line
        raise
      end
    end

    # Haml asks RubyGems which Tilt this is, to know what to require. There is
    # no RubyGems here and nothing left to require.
    module AllLoaded
      def explicit_require?(_needed)
        false
      end
    end

    # Haml compiles an error into code that raises its message, in quotes
    # which the message itself may break. Raise the error itself instead.
    module RaiseAtOnce
      private

      def runtime_error(error)
        raise error
      end
    end
  end
end
