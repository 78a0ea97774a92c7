# frozen_string_literal: true

# Textile, by the ruby-redcloth package. It takes any text and knows no errors.
module Adapters
  module Textile
    NAME = "textile"
    ENGINE = "redcloth"
    RESTRICTIONS = %w[
      filter_html sanitize_html filter_styles filter_classes filter_ids lite_mode no_span_caps
    ].freeze

    module_function

    # Not by "redcloth": that gives every object of every template the helpers
    # of ERB.
    def preload
      %w[redcloth_scan redcloth/version redcloth/textile_doc redcloth/formatters/base redcloth/formatters/html]
        .each { |name| require name }
    end

    def make_ready; end

    def version
      ::RedCloth::VERSION::STRING
    end

    def compile(source, options, _locals, _files)
      text = ::RedCloth::TextileDoc.new(source, RESTRICTIONS.select { |name| options[name] })
      # Anything but false stands for true.
      text.hard_breaks = options["hard_breaks"]
      text.to_html
    end

    def diagnose(error, _source)
      Diagnosis.of(error)
    end

    def samples
      [
        "h1. A *b* _c_ @d@ \"e\":http://f.g !i.png!\n\n* a\n** b\n# c\n\n|_. a|b|\n\nbq. q[1]\n\nfn1. n\n\n" \
        "bc. x < y\n\np(k#l){color:red}. ABC(m) -o- +p+ ^q^ ~r~ %s% (c) -- ...\n\n<b>x</b> ==y==\n\n- t := u\n",
      ]
    end
  end
end
